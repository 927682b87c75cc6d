// SPDX-License-Identifier: Apache-2.0
/* start.S enters the kernel by the name that SwiftPM gives the main of `Kernel`. */
#if defined(__arm__)
int TestKernel_main(int count, char **arguments);
int Kernel_main(int count, char **arguments);

int Kernel_main(int count, char **arguments) { return TestKernel_main(count, arguments); }
#endif
