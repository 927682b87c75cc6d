// BoardVirt: see docs; filled by its owner.
