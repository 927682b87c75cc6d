// SPDX-License-Identifier: Apache-2.0
// What programs that call a kit include: one C header, and the map that makes it a Swift module.

extension KitLayout {
  /// NAME_kit.h: the table of functions, how to bind it, and a function for each export.
  public var callerHeader: String {
    let name = manifest.name
    let functions = manifest.exports
    let members = functions.map { "  \($0.pointer($0.name));\n" }.joined()
    let unbound = functions.map { function in
      let ignored = function.parameters.map { " (void)\($0.name);" }.joined()
      let answer = function.unbound.isEmpty ? "" : " return \(function.unbound);"
      return
        "static inline \(function.declaration(of: "\(name)_unbound_\(function.name)")) {\(ignored)\(answer) }\n"
    }.joined()
    let values = functions.map { "  \(name)_unbound_\($0.name),\n" }.joined()
    let names = functions.map { "    \"\($0.name)\",\n" }.joined()
    let calls = functions.map { function in
      let call = "\(name)_kit.\(function.name)(\(function.arguments));"
      return "/* At most \(function.bound) instructions. */\n"
        + "static inline \(function.declaration(of: function.name)) { \(function.result == "void" ? "" : "return ")\(call) }\n"
    }.joined()
    let body = """
      \(manifest.includes)#include "kit_call.h"

      #define \(manifest.capitals)_KIT_VERSION \(manifest.version)
      #define \(manifest.capitals)_KIT_LAYOUT \(Self.constant(hash))

      \(calloutDeclarations)/* The functions of the kit. Before it is bound each of them is one that has no answer. */
      struct \(name)_kit {
      \(members)};

      \(unbound)
      /* One table for the whole program, however many files include this. */
      __attribute__((weak)) struct \(name)_kit \(name)_kit = {
      \(values)};

      \(binding)
      \(calls)\(give)
      """
      .replacing("@NAMES@", with: names)
    return KitManifest.header("\(name)_kit.h", "The kit \(name), for programs.", body)
  }

  private var binding: String {
    let name = manifest.name
    let text = lines.map { "      \"\($0)\\n\"\n" }.joined()
    let pages = KitManifest.Role.allCases.map { self.pages($0) * $0.count }
    let hasPage = pages[0] > 0
    let request = """
      static inline struct kit_request \(name)_kit_request(void) {
        static const char *const names[] = {
      @NAMES@  };
        static const char layout[] =
      \(text)      ;
        struct kit_request request = {
            .name = "\(name)",
            .version_node = "\(manifest.versionNode)",
            .version = \(manifest.capitals)_KIT_VERSION,
            .layout_hash = \(manifest.capitals)_KIT_LAYOUT,
            .layout = layout,
            .names = names,
            .count = sizeof names / sizeof names[0],
            .pages = \(pages.reduce(0, +)),
            .has_kernel_page = \(hasPage ? 1 : 0),
        };
        return request;
      }

      /* Binds the kit, once; a second call has the same result. Nothing is bound after an error. */
      static inline enum kit_error \(name)_kit_bind(void) {
        struct kit_request request = \(name)_kit_request();
        return kit_bind(&request, &\(name)_kit, sizeof \(name)_kit, 0);
      }

      /* Says why it is not bound, in one line without its end. */
      static inline void \(name)_kit_explain(enum kit_error error, char *text, size_t size) {
        struct kit_request request = \(name)_kit_request();
        kit_explain(&request, error, text, size);
      }

      """
    guard pages[2] + pages[3] > 0 else { return request }
    return request + """

      /* The same, with the right to write the pages that programs share\(pages[3] > 0 ? ", as a member" : ""). */
      static inline enum kit_error \(name)_kit_bind_writer(void) {
        struct kit_request request = \(name)_kit_request();
        return kit_bind(&request, &\(name)_kit, sizeof \(name)_kit, 1);
      }

      """
  }

  private var give: String {
    guard !manifest.callouts.isEmpty else { return "" }
    let name = manifest.name
    return """

      /* Gives the kit the program's functions: 0, or a negative enum kit_error. */
      static inline int32_t \(name)_kit_give(const \(manifest.calloutTable) *table) {
        return \(name)_give(table, sizeof *table, \(manifest.capitals)_CALLOUT_HASH);
      }

      """
  }

  /// module.modulemap, for programs in Swift.
  public var callerModule: String {
    "\(KitManifest.licence)\nmodule \(manifest.name) {\n  header \"\(manifest.name)_kit.h\"\n  export *\n}\n"
  }

  /// module.modulemap, for the kit's sources in Swift.
  public var imageModule: String {
    "\(KitManifest.licence)\nmodule KitSupport {\n  header \"\(manifest.name)_image.h\"\n  export *\n}\n"
  }
}
