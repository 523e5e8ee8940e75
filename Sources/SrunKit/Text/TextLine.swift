package import Foundation

/// A line of output as a person would read it: no escape sequences, and of what was written over only the last.
package struct TextLine: Sendable, Hashable {
    /// Counted from 1, where the reading began.
    package let number: Int64
    /// Where it begins in the raw output.
    package let offset: Int64
    /// When its first byte was read.
    package let time: Date
    /// UTF-8, without the line end.
    package let text: [UInt8]
    /// False when it goes on what the last one began: a line that is too long comes in pieces.
    package let isStart: Bool
    /// False when the line goes on, or the output ended without a line end.
    package let isEnd: Bool
}
