"""The ops store: exceptions, the decisions people take on them, what is to be delivered, and an audit of it all."""
