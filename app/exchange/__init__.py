"""Whole communities in and out: the YAML file that flask load takes."""
