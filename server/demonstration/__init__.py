"""The demonstration programme: real names of institutions, invented persons and answers, stated truths."""
