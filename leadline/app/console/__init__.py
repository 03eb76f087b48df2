"""The console: the queue in a browser. One module per page; nothing here is loaded by any other command."""
