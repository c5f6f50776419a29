"""The database engine: Django's own for PostgreSQL, which also gives up rights that serving needs not."""
