"""medgan_viewer: real DICOM studies beside images that a generative network made."""

__version__ = "0.1.0"
