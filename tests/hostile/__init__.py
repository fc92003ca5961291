"""Files that mean harm, or are broken beyond what an honest centre sends."""
