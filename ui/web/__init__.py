"""The web application around the page: login, sessions, limits, routes."""
