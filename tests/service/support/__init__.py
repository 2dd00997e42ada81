"""What the service tests are made of; each module holds one thing."""
