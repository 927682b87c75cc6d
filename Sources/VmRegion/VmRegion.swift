// VmRegion: see docs; filled by its owner.
