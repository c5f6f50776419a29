"""One frozen class per page: labels, ages and allowed buttons are computed here, never in a template."""
