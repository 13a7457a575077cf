"""How the shop is put together: settings, addresses and the WSGI entry."""
