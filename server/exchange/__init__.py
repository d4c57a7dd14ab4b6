"""Data in and out: files that other programs wrote, files that other programs read."""
