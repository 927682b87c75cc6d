// TickHandler: see docs; filled by its owner.
