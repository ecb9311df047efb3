"""The budgets of the project, measured: `make bench`, or `python -m bench [part …]`; see docs/benchmarks.md."""
