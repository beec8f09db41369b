"""The HTTP API and the MCP endpoint."""
