// SPDX-License-Identifier: Apache-2.0
// The image of the kernel for programs. All of it is in the modules that it links; start.S enters
// the kernel by a name of module Kernel, and nothing calls this file's `main`.
