"""Long work as rows that duties advance step by step: with progress, stopped, resumed."""
