// SPDX-License-Identifier: Apache-2.0
// Calls the kit template from Swift: tools/cc-arm --kit template

import template

let error = template_kit_bind_writer()
guard error == .noError else { fatalError(String(cString: kit_error_name(error))) }
for _ in 0..<3 { _ = template_add(2) }
print("own \(template_own()), of all processes \(template_total())")
