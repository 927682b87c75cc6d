// SPDX-License-Identifier: Apache-2.0
// The image of the test kernel: the kernel for programs, the LiteOS interface, and C code that tests
// it. start.S enters the kernel by a name of module Kernel, and nothing calls this file's `main`.
