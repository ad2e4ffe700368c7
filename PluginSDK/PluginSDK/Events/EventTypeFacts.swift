/// What an event type says, whatever its payload.
final class EventTypeFacts: Sendable {
  let topic: String
  let summary: String
  let contentType: String
  let schema: EventSchema?
  let dataSchema: String

  init(
    _ topic: String, _ summary: String, _ contentType: String, _ schema: EventSchema?,
    _ dataSchema: String
  ) {
    self.topic = topic
    self.summary = summary
    self.contentType = contentType
    self.schema = schema
    self.dataSchema = dataSchema
  }
}
