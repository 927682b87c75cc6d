// PortARMv7A: see docs; filled by its owner.
