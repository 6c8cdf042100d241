package ingest

// WithPending is the options with other limits of what waits to be stored.
func (o LiveOptions) WithPending(documents, bytes int) LiveOptions {
	o.pendingDocuments, o.pendingBytes = documents, bytes
	return o
}
