"""What people may do: the actions behind the page, the HTTP API and MCP, each with its check of the role."""
