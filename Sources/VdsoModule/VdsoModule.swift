// VdsoModule: see docs; filled by its owner.
