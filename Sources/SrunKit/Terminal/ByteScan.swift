extension Slice<UnsafeRawBufferPointer> {
    /// Where the first byte is that means more than text while only what outlasts a line matters: ESC, or a shift of the
    /// character set (SO and SI). Looks at eight bytes at a time, because nearly all output is passed over here.
    var firstIndexThatOutlasts: Int? {
        let bytes = base
        var index = startIndex
        while index + 8 <= endIndex {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let escapes = word ^ 0x1b1b_1b1b_1b1b_1b1b
            // SO and SI differ in the last bit only.
            let shifts = (word & 0xfefe_fefe_fefe_fefe) ^ 0x0e0e_0e0e_0e0e_0e0e
            if (escapes.highBitsOfZeros | shifts.highBitsOfZeros) != 0 { break }
            index += 8
        }
        while index < endIndex {
            if bytes[index] == 0x1b || bytes[index] & 0xfe == 0x0e { return index }
            index += 1
        }
        return nil
    }
}

extension UInt64 {
    /// Not 0 exactly when one of the eight bytes is 0.
    fileprivate var highBitsOfZeros: UInt64 {
        (self &- 0x0101_0101_0101_0101) & ~self & 0x8080_8080_8080_8080
    }
}
