// SPDX-License-Identifier: Apache-2.0
/// What uname and /proc/sys/kernel say of this system. Programs conclude from the name and the
/// release which interface they have: that of Linux.
enum SystemName {
  static var system: StaticString { "Linux" }
  static var node: StaticString { "apus" }
  static var release: StaticString { "6.1.0-apus" }
  static var version: StaticString { "#1 Apus" }
  static var domain: StaticString { "(none)" }
}
