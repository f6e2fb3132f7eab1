/// All requests of the corpus, in a fixed order.
package enum HTTP1Corpus {
    /// The cases; a case's place is its number.
    package static let cases: [HTTP1Case] =
        LengthCases.cases + TransferCodingCases.cases + SmugglingCases.cases + ChunkCases.cases + TrailerCases.cases
        + FoldCases.cases + LineEndCases.cases + ControlByteCases.cases + FieldNameCases.cases + RequestLineCases.cases
        + TargetCases.cases + HostCases.cases + OldVersionCases.cases + ConnectionCases.cases + PipelineCases.cases
        + SizeCases.cases + GarbageCases.cases
}
