"""The outbox: letters as rows, delivery, retries. Knows no event; rooms register what they write by kind."""
