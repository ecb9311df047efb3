"""Who may sign in to manage: organizers, their sign-in links and sessions."""
