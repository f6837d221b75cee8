"""The picture in a headset; see README.md beside this file."""
