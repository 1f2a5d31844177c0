"""The crowd model: data, network, loss, training, export."""
