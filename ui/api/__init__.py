"""The HTTP API and the MCP endpoint: other ways to the same actions as on the page, with the same checks.

application    create_api(desk), mount_api(app, desk): the routes below /api/v1, their errors · docs    /api/docs
routes_*       one router per subject; a route reads its input, calls a service and shapes the answer, nothing more
schemas        what comes in · answers    what goes out · deps    who asks, and the turns of what computes
errors         every refusal as {"error": one Chinese sentence}
lookup         matching, regulations and clauses of the published index, for routes and tools alike
mcp, mcp_tools the endpoint for language models at /mcp, and its tools
"""
