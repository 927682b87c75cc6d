// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import PortARMv7A
  import UserSpace
  import VmRegion

  // SAFETY: the kernel's C code passes the address space of a process that cannot run meanwhile.
  extension Bindings {
    private typealias Space = AddressSpace<KernelTable, ARMv7A, LinearMap>

    /// Installs the LiteOS memory functions: `LosVmSpace *` is the `AddressSpace` of a process.
    static func installMemory() {
      unsafe MemoryBinding.install(
        MemoryBinding(
          allocateRegion: { space, address, length, flags, offset in
            do throws(MemoryError) {
              return try unsafe space.assumingMemoryBound(to: Space.self).pointee.allocateRegion(
                at: address, length: length, LiteOSRegionFlags(rawValue: flags), pageOffset: offset)
            } catch {
              return 0
            }
          },
          freeRegion: { space, base in
            do throws(MemoryError) {
              try unsafe space.assumingMemoryBound(to: Space.self).pointee.freeRegion(at: base)
              return 0
            } catch {
              return LiteOSMemoryStatus.status(of: error)
            }
          },
          findRegion: { space, address in
            unsafe space.assumingMemoryBound(to: Space.self).pointee.region(at: address)?.base ?? 0
          },
          mapFrames: { space, address, physical, count, flags in
            do throws(MemoryError) {
              try unsafe space.assumingMemoryBound(to: Space.self).pointee.mapFrames(
                at: address, physical: physical, count: count,
                LiteOSRegionFlags(rawValue: flags).permissions)
              return Int32(bitPattern: count)
            } catch {
              return LiteOSMemoryStatus.status(of: error)
            }
          },
          unmapFrames: { space, address, count in
            do throws(MemoryError) {
              try unsafe space.assumingMemoryBound(to: Space.self).pointee.unmapFrames(
                at: address, count: count)
              return Int32(bitPattern: count)
            } catch {
              return LiteOSMemoryStatus.status(of: error)
            }
          },
          queryFrame: { space, address in
            let page = VirtualPage(containing: address)
            guard
              let found = unsafe space.assumingMemoryBound(to: Space.self).pointee.table.lookup(
                page)
            else { return .max }
            return UInt64(found.frame.address) << 32
              | UInt64(LiteOSRegionFlags(found.permissions).rawValue)
          },
          physicalAddress: { pointer in
            let address = UInt32(UInt(bitPattern: pointer))
            guard address >= LinearMap.base, address - LinearMap.base < LinearMap.limit else {
              return 0
            }
            return LinearMap.physicalAddress(of: address)
          }))
    }
  }
#endif
