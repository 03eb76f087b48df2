"""Who may see and do what: users, sessions, API tokens, one-time codes; kept in the ops store, every change audited."""
