"""The dashboard: a page in the browser, and what it asks for over HTTP."""
