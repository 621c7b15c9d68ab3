"""The content repository (LCMS): materials, their versions, authoring and appraisal."""
