"""What the views of every room share: pages, forms, headers, limits, the page cache."""
