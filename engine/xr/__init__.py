"""The headset: our own OpenXR layer, its recovery, its guests and their hands; the only package that imports pyopenxr."""
