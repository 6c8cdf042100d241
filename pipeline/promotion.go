package pipeline

// Promotion says which version takes over.
type Promotion struct {
	Number  uint64 `json:"version"`
	Digest  string `json:"digest"`  // of its bytes
	Updates uint64 `json:"updates"` // what the model is at then
	Chain   Hex    `json:"chain"`
}
