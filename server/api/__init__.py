"""Reading by programs: /api/v1, an application of its own with its own document, mounted beside the pages."""
