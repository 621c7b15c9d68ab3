"""SCORM and H5P packages: unpacked, played apart from the site, their results taken."""
