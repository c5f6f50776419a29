"""Forms: parse what a person typed, say beside each field what is wrong."""
