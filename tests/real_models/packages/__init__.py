"""What runs in the packages' own environment: one file a package, which prints what its code finds.

Each takes the paths of pictures, and prints one line of JSON: for each picture the list of what was
found, as `framemesh` tells it but in pixels of the picture.
"""
