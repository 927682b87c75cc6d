@main
struct Kernel {
  static func main() {}
}
