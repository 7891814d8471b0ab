"""Reading DICOM: files in, imaging types out."""
