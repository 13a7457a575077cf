"""One promise broken at a time, in a throwaway copy of the project, to see who notices."""
