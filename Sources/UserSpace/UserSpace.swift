// UserSpace: see docs; filled by its owner.
