import EventBus

extension StressRun {
  /// Publishes the next event of the thread's stream to some topic.
  func publish(_ thread: StressThread) { publish(thread, thread.random.below(topics.count)) }

  /// Publishes the next event of the thread's stream to a topic.
  func publish(_ thread: StressThread, _ index: Int) {
    let topic = thread.random.oneIn(4) ? try? bus.topic(Topics.names[index]) : topics[index]
    guard let topic else { return report("topic \(Topics.names[index]) is gone") }
    let stream = thread.stream(of: streams)
    let progress = stream.topics[index]
    let number = progress.finished
    let identity = StressEvent.Identity(stream: stream.number, topic: index, number: number)
    let publish = StressThread.Publish(identity)
    notePublish(index)
    progress.begin(number)
    thread.publishes.append(publish)
    var event = StressEvent(identity)
    let failure = unsafe withUnsafeMutablePointer(to: &event) { unsafe topic.publish($0) }
    thread.publishes.removeLast()
    if publish.isKept {
      tallies.kept.note()
      progress.takeBack(number)
    } else {
      progress.end(number)
    }
    switch failure {
    case nil, .queueFull: break
    case .refused where publish.isKept: break
    default: report("publish of \(identity): \(failure.map { "\($0)" } ?? "")")
    }
  }

  /// Publishes to a topic whose handler does the same, until it is too deep.
  func dive(_ thread: StressThread) {
    thread.deepCalls = 0
    var event = StressEvent(StressEvent.Identity(stream: 0, topic: 0, number: 0))
    let failure = unsafe withUnsafeMutablePointer(to: &event) { unsafe deep.publish($0) }
    if failure != nil || thread.deepCalls != 24 {
      report(
        "\(thread.deepCalls) publishes fit into each other: \(failure.map { "\($0)" } ?? "ok")")
    }
  }
}
